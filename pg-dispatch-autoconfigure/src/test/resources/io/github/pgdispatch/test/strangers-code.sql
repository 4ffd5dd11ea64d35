-- Code of a stranger. Each piece notes in trap.sprung that it was called, and fails. There are operators for every pair of the types
-- that the schema uses, functions with the names of those that it uses, and types and relations of the same names. They are in the
-- schema public. Operators and functions take over from those of pg_catalog where these do not have exactly the same types, and
-- everything takes over where a search path names pg_catalog after public.

SET search_path = pg_catalog;

CREATE SEQUENCE trap.sprung;
CREATE TABLE trap.trap (number integer GENERATED ALWAYS AS IDENTITY, name text);
GRANT USAGE ON SCHEMA trap TO PUBLIC;
GRANT ALL ON SEQUENCE trap.sprung TO PUBLIC;

-- Returns the body of a new trap. What it does to the sequence is not undone when its error is caught.
CREATE FUNCTION trap.body(trap_name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    trap_number integer;
BEGIN
    INSERT INTO trap.trap (name) VALUES (trap_name) RETURNING number INTO trap_number;
    RETURN format('LANGUAGE plpgsql AS $_$ BEGIN PERFORM pg_catalog.setval(''trap.sprung'', %s); '
                  'RAISE SQLSTATE ''TRAP1'' USING MESSAGE = %L; END $_$', trap_number, 'trap ' || trap_name);
END
$$;

DO $$
DECLARE
    numbers constant text[] := '{smallint,integer,bigint,double precision,numeric,oid,interval,timestamptz}'::regtype[]::text[];
    texts   constant text[] := '{text,name,"char"}'::regtype[]::text[];
    scalars constant text[] := numbers || texts || '{boolean,tid,regrole,regclass,regnamespace,json,jsonb,uuid}';
    arrays  constant text[] := '{text[],name[],bigint[],integer[],oid[],uuid[],timestamptz[],boolean[],anyarray}'::regtype[]::text[];
    several constant text[] := '{text,name,bigint,integer,interval,regrole}';
    called record;
    name   text;
    operator text;
    number integer := 0;
BEGIN
    FOR called IN
        SELECT l.type AS operand_1, r.type AS operand_2, o.operators, CASE WHEN o.compare THEN 'boolean' ELSE l.type END AS result
          FROM (VALUES ('{=,<>}'::text[], true, scalars || arrays || 'anynonarray'::text, scalars || arrays || 'anynonarray'::text),
                       ('{<,<=,>,>=}', true, scalars, scalars),
                       ('{~,!~,~~}', true, texts, texts),
                       ('{?}', true, '{json,jsonb}', texts),
                       ('{+,-,*,/,%,<<,>>,&,|}', false, numbers, numbers),
                       ('{||}', false, scalars || arrays || 'anynonarray'::text, scalars || arrays || 'anynonarray'::text),
                       ('{->,->>,-}', false, '{json,jsonb}', scalars || arrays)) AS o (operators, compare, lefts, rights),
               unnest(o.lefts) AS l (type),
               unnest(o.rights) AS r (type)
         WHERE l.type !~ '^any' OR r.type !~ '^any'
    LOOP
        number := number + 1;
        name := format('(%s, %s)', called.operand_1, called.operand_2);
        EXECUTE format('CREATE FUNCTION trap.test_%s%s RETURNS %s %s',
                       number, name, called.result, trap.body(format('operator %s %s', called.operators, name)));
        FOREACH operator IN ARRAY called.operators LOOP
            EXECUTE format('CREATE OPERATOR public.%s (FUNCTION = trap.test_%s, LEFTARG = %s, RIGHTARG = %s)',
                           operator, number, called.operand_1, called.operand_2);
        END LOOP;
    END LOOP;

    -- Functions with the types of pg_catalog's, with another type in each place, and with several types for any number of arguments
    FOR called IN
        WITH used AS (
            SELECT DISTINCT m.parts[1] AS name
              FROM pg_proc AS p,
                   regexp_matches(p.prosrc, '\m([a-z_0-9]+)\(', 'g') AS m (parts)
             WHERE p.pronamespace = 'pgdispatch'::regnamespace),
        original AS (
            SELECT p.proname, p.prorettype, p.proretset,
                   ARRAY(SELECT format_type(a.type, NULL)
                           FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, place)
                          ORDER BY a.place) AS types
              FROM pg_proc AS p
              JOIN used AS u ON u.name = p.proname
             WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.pronargs <= 4),
        variant AS (
            SELECT o.proname, o.prorettype, o.proretset, o.types
              FROM original AS o
             UNION
            SELECT o.proname, o.prorettype, o.proretset, o.types[:place - 1] || type || o.types[place + 1:]
              FROM original AS o,
                   generate_series(1, cardinality(o.types)) AS place,
                   unnest(several || '{oid,json,double precision,timestamptz,text[],bigint[],uuid[]}'::regtype[]::text[]) AS type
             UNION
            SELECT o.proname, o.prorettype, o.proretset, o.types[:cardinality(o.types) - 1] || ARRAY[a, b]
              FROM original AS o, unnest(several) AS a, unnest(several) AS b
             WHERE o.types[cardinality(o.types)] = '"any"')
        SELECT DISTINCT ON (v.proname, v.types)
               v.proname, array_to_string(v.types, ', ') AS types,
               CASE WHEN v.proretset THEN 'SETOF ' ELSE '' END
                   || CASE WHEN t.typtype = 'p' THEN 'text' ELSE format_type(t.oid, NULL) END AS result
          FROM variant AS v
          JOIN pg_type AS t ON t.oid = v.prorettype
         WHERE array_to_string(v.types, ', ') !~ 'any|internal|cstring'
         ORDER BY v.proname, v.types
    LOOP
        name := format('%I(%s)', called.proname, called.types);
        EXECUTE format('CREATE FUNCTION public.%s RETURNS %s %s', name, called.result, trap.body('function ' || name));
    END LOOP;

    FOREACH name IN ARRAY '{text,name,oid,tid,regrole,regclass,regnamespace,timestamptz,json,jsonb,uuid}'::text[] LOOP
        number := number + 1;
        EXECUTE format('CREATE FUNCTION trap.test_%s(%s) RETURNS boolean %s', number, name, trap.body('type ' || name));
        EXECUTE format('CREATE DOMAIN public.%I AS pg_catalog.%1$I CHECK (trap.test_%s(VALUE))', name, number);
    END LOOP;

    FOR name IN
        SELECT DISTINCT c.relname
          FROM pg_class AS c
          JOIN pg_proc AS p ON p.prosrc ~ ('\m' || c.relname || '\M')
         WHERE c.relnamespace IN ('pg_catalog'::regnamespace, 'pgdispatch'::regnamespace)
           AND c.relkind IN ('r', 'v')
           AND p.pronamespace = 'pgdispatch'::regnamespace
    LOOP
        number := number + 1;
        EXECUTE format('CREATE FUNCTION trap.test_%s() RETURNS boolean %s', number, trap.body('relation ' || name));
        EXECUTE format('CREATE VIEW public.%I AS SELECT trap.test_%s()', name, number);
        EXECUTE format('GRANT ALL ON public.%I TO PUBLIC', name);
    END LOOP;
END
$$;
