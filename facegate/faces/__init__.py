"""Photo to template: safe decode, find one face, align it, embed it."""
