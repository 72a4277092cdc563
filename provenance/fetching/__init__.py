"""Fetching what somebody else named: addresses checked, time and bytes capped. Nothing else goes out."""
