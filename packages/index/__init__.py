"""The index as installers read it: stored pages, files, and how they are answered.

``representations`` and ``json_api`` write pages from plain records, ``negotiation``,
``conditional`` and ``ranges`` read request headers; none of these knows Django.
``projection`` writes pages when projects change, ``reading`` finds them again, and
``wsgi`` answers installers ahead of Django.
"""
