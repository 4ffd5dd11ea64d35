package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.autoconfigure.DatabaseProperties.Driver;

/**
 * Matches a database whose SQL jobs this node may run.
 */
final class OnApplicationDriver extends DatabaseCondition {

	OnApplicationDriver() {
		super("the application as a driver");
	}

	@Override
	boolean matches(Database database) {
		return database.property("driver", Driver.class) != Driver.PG_CRON;
	}

}
