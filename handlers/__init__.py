"""One module per capability of manifest/. They share nothing with each other."""
