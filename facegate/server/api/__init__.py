"""The JSON interface: parse, call one act, put its answer in form."""
