"""May this request search? The offense catalogue, the law as Cedar text, and the engine that asks it."""
