"""Pages of accounts: fetch, bind, call one flow, respond."""
