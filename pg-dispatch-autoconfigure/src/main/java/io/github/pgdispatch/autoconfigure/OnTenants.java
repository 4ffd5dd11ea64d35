package io.github.pgdispatch.autoconfigure;

/**
 * Matches a {@code DataSource} that stands for the databases of tenants.
 */
final class OnTenants extends DatabaseCondition {

	OnTenants() {
		super("tenants");
	}

	@Override
	boolean matches(Database database) {
		return database.tenants();
	}

}
