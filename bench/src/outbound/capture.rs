//! What a save costs in Directus: bare, captured, and with what a user would write instead.
