"""Public sets and folders to labeled photos, with manifests; a synthetic population with planted rates."""
