"""Why a served form answers as it does: what each feature adds, exactly, by numpy alone."""
