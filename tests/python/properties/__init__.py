"""What must hold of any company, tried on the models' own SQL with tables made up."""
