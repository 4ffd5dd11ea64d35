package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * I6 for SQL jobs: a job whose outcome cannot be written, because a trigger refuses it,
 * is set aside, and the others run.
 */
class SetAsideJobTests extends AbstractQueueTests {

	SetAsideJobTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void createTrigger() throws SQLException {
		this.queue.run(
				"""
						CREATE OR REPLACE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
						BEGIN
							IF EXISTS (SELECT FROM jsonb_each_text(to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END)) AS c
							            WHERE c.value IN ((SELECT id::text FROM public.refused), 'refused')) THEN
								RAISE 'refused by a trigger';
							END IF;
							RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
						END $$""",
				"CREATE TABLE IF NOT EXISTS public.refused (id bigint)", "TRUNCATE public.refused",
				"GRANT SELECT ON public.refused TO app");
	}

	@AfterEach
	void dropTriggers() throws SQLException {
		this.queue.run("DROP FUNCTION public.refuse() CASCADE", "DROP TABLE public.refused");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			INSERT           | dead_letter | SELECT 1/0 | headers => NULL
			INSERT           | dead_letter | SELECT 1/0 | time_limit => '1 hour'
			INSERT           | dead_letter | SELECT 1/0 | ordering_key => 'refused'
			INSERT           | managed_job | SELECT 1/0 | max_attempts => 3
			INSERT           | result      | SELECT 1   | result => 'count'
			UPDATE           | job_key     | SELECT 1   | key => 'refused', keep_key => '1 hour'
			DELETE           | managed_job | SELECT 1   | time_limit => '1 hour'
			DELETE           | job         | SELECT 1   | headers => NULL
			""")
	void jobsBehindItRun(String event, String table, String command, String options) throws SQLException {
		for (int i = 0; i < 3; i++) {
			this.app.fire(Queue.effect("before"));
		}
		long id = new ManagedJobs(this.app).dispatch(command, options);
		for (int i = 0; i < 60; i++) {
			this.app.fire(Queue.effect("behind"));
		}
		this.queue.run("INSERT INTO public.refused VALUES (" + id + ")", "CREATE TRIGGER refuse BEFORE " + event
				+ " ON pgdispatch." + table + " FOR EACH ROW EXECUTE FUNCTION public.refuse()");
		for (int i = 0; i < 70; i++) {
			this.app.work("slice => '10 ms'", "prefetch => " + ((i < 3) ? 50 : 1));
		}
		assertThat(this.queue.effects()).hasSize(63);
		assertThat(this.queue.values("SELECT id FROM pgdispatch.job UNION SELECT id FROM pgdispatch.dead_letter"))
			.containsExactly(String.valueOf(id));
		this.queue.run("DROP TRIGGER refuse ON pgdispatch." + table);
	}

}
