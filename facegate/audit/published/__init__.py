"""The log as static files that anybody can read and verify (C2SP tlog-tiles)."""
