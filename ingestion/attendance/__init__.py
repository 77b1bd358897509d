"""Attendance: punches from the mobile app, as JSON lines."""
