package io.github.pgdispatch.autoconfigure;

/**
 * Matches a database to which the workers of this node have no connections, because it
 * has none, or because they have connections to the databases of tenants.
 */
final class OnNoWorkerConnections extends DatabaseCondition {

	OnNoWorkerConnections() {
		super("no connections of workers");
	}

	@Override
	boolean matches(Database database) {
		return database.tenants() || Boolean.FALSE.equals(database.property("worker.enabled", Boolean.class));
	}

}
