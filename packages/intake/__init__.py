"""Taking a file in: everything that is judged before the database is asked.

Pure modules: they take bytes, values and limits, never a request or a row, and
either return what they learned or raise one `UploadRefused`. Nothing is ever
extracted to disk and no parser library sees an archive before its structure has
been walked.
"""
