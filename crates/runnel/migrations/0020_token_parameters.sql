-- Parameters in which offer sources ask, or once asked, for their tokens.
CREATE TABLE token_parameters (
    name TEXT PRIMARY KEY
);
