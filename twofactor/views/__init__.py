"""Pages of twofactor: fetch, bind, call one flow, respond."""
