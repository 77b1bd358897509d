"""The site for everybody: what is published, as pages that need no server."""
