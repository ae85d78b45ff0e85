"""Every question about input to accounts, with the sentence that answers it."""
