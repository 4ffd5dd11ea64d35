-- What every option has to fulfil. The checks are made when a job is dispatched, so that nothing overflows, is truncated or fails
-- later, when it would stop a worker and not the caller.
--
-- The functions are single expressions, which PostgreSQL puts into the expression that calls them.

-- An interval has three parts: months, days and a time. They can have different signs, so that their sum is small although one of
-- them is so large that the end of all timestamps is exceeded when the parts are added one by one. Hence the second condition.
CREATE OR REPLACE FUNCTION pgdispatch.is_duration(value interval) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT value OPERATOR(pg_catalog.>=) '0' AND value OPERATOR(pg_catalog.<=) '3652 days'
           AND (pg_catalog.abs(pg_catalog.date_part('day', value))
                OPERATOR(pg_catalog.+) (365 OPERATOR(pg_catalog.*) pg_catalog.abs(pg_catalog.date_part('year', value)))) OPERATOR(pg_catalog.<=) 3652
$$;

COMMENT ON FUNCTION pgdispatch.is_duration(interval) IS
'Returns whether an interval is from zero to 10 years, which are up to 3652 days. This is the bound of all intervals that are
passed to this schema: no timestamp overflows if a few of them are added, nor do the nanoseconds of applications.';


-- Keys and names are in indexes, and an entry of an index must not be larger than 2704 bytes. They are also in log lines and error
-- messages, which a line feed would forge.
CREATE OR REPLACE FUNCTION pgdispatch.is_name(value text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT value OPERATOR(pg_catalog.!~) '^[[:space:]]*$|[[:cntrl:]]' AND pg_catalog.octet_length(value) OPERATOR(pg_catalog.<=) 1000 $$;

COMMENT ON FUNCTION pgdispatch.is_name(text) IS
'Returns whether a text can be a key or the name of a handler or a queue: it is not blank, has no control characters, and has up to 1000 bytes.';
