//! Reads what the configuration names: icon, manifest, assets, templates; all problems at once.
