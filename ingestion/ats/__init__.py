"""Applicant tracking: requisitions, applications and stage changes, as CSV drops."""
