package io.github.pgdispatch.samples.features;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Jobs without any Java: a trigger dispatches them, in the transaction of the UPDATE. The
 * trigger would be in your migrations.
 */
@Component
class TriggerExample {

	private static final String TRIGGER = """
			CREATE OR REPLACE FUNCTION profile_renamed() RETURNS trigger
			LANGUAGE plpgsql
			AS $$
			BEGIN
				PERFORM pgdispatch.fire(format('INSERT INTO mail (recipient, text) VALUES (%L, %L)',
						NEW.name, 'You were ' || OLD.name));
				PERFORM pgdispatch.dispatch_handler('arguments.send', json_build_object(
						'mail', json_build_object('recipient', NEW.name, 'lines', ARRAY['Is it right?'])));
				RETURN NULL;
			END
			$$;

			CREATE OR REPLACE TRIGGER profile_renamed AFTER UPDATE ON profile
				FOR EACH ROW EXECUTE FUNCTION profile_renamed();
			""";

	private final JdbcTemplate jdbc;

	TriggerExample(JdbcTemplate jdbc) {
		this.jdbc = jdbc;
	}

	void install() {
		this.jdbc.execute(TRIGGER);
	}

}
