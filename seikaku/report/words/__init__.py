"""Everything a report says, Japanese and English."""
