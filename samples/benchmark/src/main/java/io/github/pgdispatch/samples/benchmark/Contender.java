package io.github.pgdispatch.samples.benchmark;

import io.github.pgdispatch.test.ExtensionFiles;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Somebody who provides {@code pgdispatch.fire}.
 */
enum Contender {

	PG_DISPATCH("pg-dispatch") {

		@Override
		void install(TestDatabase database) {
			database.install("postgres");
			new JdbcTemplate(database.dataSource("postgres")).execute("CALL pgdispatch.grant_to('app')");
		}

	},

	/**
	 * As pg_dispatch 0.1 works, in our own words.
	 */
	CRON_JOB_PER_CALL("a cron job per call") {

		@Override
		void install(TestDatabase database) {
			new JdbcTemplate(database.dataSource("postgres")).execute(ExtensionFiles.predecessor());
		}

	};

	private final String title;

	Contender(String title) {
		this.title = title;
	}

	abstract void install(TestDatabase database);

	@Override
	public String toString() {
		return this.title;
	}

}
