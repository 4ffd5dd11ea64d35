-- The application's own tables and functions. Spring Boot runs this file whenever the application starts.

CREATE SCHEMA IF NOT EXISTS signup;

CREATE TABLE IF NOT EXISTS signup.profile (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text        NOT NULL,
    email           text        NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),   -- When the transaction began.
    commit_began_at timestamptz
);

CREATE TABLE IF NOT EXISTS signup.statistics (
    email_domain text   PRIMARY KEY,
    profiles     bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS signup.notification (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient_id bigint NOT NULL REFERENCES signup.profile,
    newcomer_id  bigint NOT NULL REFERENCES signup.profile
);

CREATE TABLE IF NOT EXISTS signup.side_effect (
    profile_id  bigint      NOT NULL REFERENCES signup.profile,
    name        text        NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome     text        NOT NULL,
    PRIMARY KEY (profile_id, name)
);


-- A side effect without any Java: the trigger dispatches it in the transaction of the INSERT, which does not wait for it.

CREATE OR REPLACE FUNCTION signup.after_sign_up() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.fire(format('SELECT signup.update_statistics(%L)', NEW.id));
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS after_sign_up ON signup.profile;
CREATE TRIGGER after_sign_up AFTER INSERT ON signup.profile
    FOR EACH ROW EXECUTE FUNCTION signup.after_sign_up();


-- What the side effects in SQL do. Each notes that it took place.

CREATE OR REPLACE FUNCTION signup.update_statistics(newcomer bigint) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    started_at constant timestamptz := clock_timestamp();
    counted signup.statistics;
BEGIN
    PERFORM pg_sleep(1);   -- So much to compute.
    INSERT INTO signup.statistics AS s (email_domain, profiles)
    SELECT split_part(p.email, '@', 2), 1 FROM signup.profile AS p WHERE p.id = newcomer
    ON CONFLICT (email_domain) DO UPDATE SET profiles = s.profiles + 1
    RETURNING * INTO counted;

    INSERT INTO signup.side_effect (profile_id, name, started_at, outcome)
    VALUES (newcomer, 'update_statistics', started_at, 'profiles at ' || counted.email_domain || ': ' || counted.profiles);
END
$$;

CREATE OR REPLACE FUNCTION signup.notify_followers(newcomer bigint) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    started_at constant timestamptz := clock_timestamp();
    notified bigint;
BEGIN
    INSERT INTO signup.notification (recipient_id, newcomer_id)
    SELECT p.id, newcomer FROM signup.profile AS p WHERE p.id < newcomer ORDER BY p.id DESC LIMIT 100;
    GET DIAGNOSTICS notified = ROW_COUNT;

    INSERT INTO signup.side_effect (profile_id, name, started_at, outcome)
    VALUES (newcomer, 'notify_followers', started_at, 'followers notified: ' || notified);
END
$$;

CREATE OR REPLACE FUNCTION signup.remind(newcomer bigint) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO signup.side_effect (profile_id, name, started_at, outcome)
    SELECT p.id, 'remind', clock_timestamp(), 'reminded ' || p.email FROM signup.profile AS p WHERE p.id = newcomer;
$$;


-- Only to measure. A deferred trigger is what COMMIT begins with, so that what is counted from there includes the commit
-- itself; and all times are of the one clock that there is, the database's.

CREATE OR REPLACE FUNCTION signup.note_commit() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE signup.profile SET commit_began_at = clock_timestamp() WHERE id = NEW.id;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS note_commit ON signup.profile;
CREATE CONSTRAINT TRIGGER note_commit AFTER INSERT ON signup.profile DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION signup.note_commit();

CREATE OR REPLACE VIEW signup.timed_side_effect AS
    SELECT e.profile_id,
           e.name,
           round(extract(epoch FROM e.started_at - p.commit_began_at) * 1000)::bigint AS started_after_millis,
           round(extract(epoch FROM e.finished_at - e.started_at) * 1000)::bigint AS took_millis,
           e.outcome,
           e.finished_at
      FROM signup.side_effect AS e
      JOIN signup.profile AS p ON p.id = e.profile_id;
