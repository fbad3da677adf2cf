"""The service: who asks is known, what is asked is checked, one function is called, the answer is put in form."""
