"""Why a model answers as it does, and which sentences lie near which."""
