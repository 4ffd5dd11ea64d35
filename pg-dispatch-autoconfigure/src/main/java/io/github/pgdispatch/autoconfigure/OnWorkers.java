package io.github.pgdispatch.autoconfigure;

/**
 * Matches a database whose jobs this node runs.
 */
final class OnWorkers extends DatabaseCondition {

	OnWorkers() {
		super("workers");
	}

	@Override
	boolean matches(Database database) {
		return !Boolean.FALSE.equals(database.property("worker.enabled", Boolean.class));
	}

}
