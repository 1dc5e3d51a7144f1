-- Rows of @system_table@ that are new or may have changed. @bound_note@
DECLARE OR REPLACE VARIABLE secchi_begin TIMESTAMP;
SET VAR secchi_begin = CURRENT_TIMESTAMP();
DECLARE OR REPLACE VARIABLE secchi_since TIMESTAMP;
SET VAR secchi_since = (@since@);

@reject@@merge@
