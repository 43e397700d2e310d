"""The dashboards' dress rehearsal: traffic through a real gateway, and every query of every panel on what it left."""
