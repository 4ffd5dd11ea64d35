package io.github.pgdispatch.autoconfigure;

/**
 * Matches a {@code DataSource} of one database, and not one of tenants.
 */
final class OnNoTenants extends DatabaseCondition {

	OnNoTenants() {
		super("no tenants");
	}

	@Override
	boolean matches(Database database) {
		return !database.tenants();
	}

}
