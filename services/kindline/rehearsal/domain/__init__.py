"""The pure half of a rehearsal: rows read, lots drawn, shifts and scripts made, figures counted; no clock, no IO."""
