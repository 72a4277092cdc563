"""Key stores and the development PKI."""
