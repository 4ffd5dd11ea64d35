package io.github.pgdispatch.autoconfigure;

import java.sql.SQLException;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/**
 * Refuses a {@code DataSource} that routes to several others, for example to a database
 * for each tenant. A dispatch would write its job into the database of the current
 * tenant, and the workers of this node look into one database only.
 */
final class RoutingDataSources {

	/**
	 * The property that allows such a {@code DataSource}.
	 */
	static final String ALLOWED = "pgdispatch.allow-routing-data-source";

	private RoutingDataSources() {
	}

	/**
	 * Refuses a {@code DataSource} that routes.
	 * @param dataSource the {@code DataSource} of the application, which may be a proxy
	 * @throws PgDispatchConfigurationException if it routes to several others
	 */
	static void refuse(DataSource dataSource) {
		if (isRouting(dataSource)) {
			throw new PgDispatchConfigurationException("The DataSource that pg-dispatch uses, "
					+ dataSource.getClass().getName()
					+ ", routes to several others. The workers of this node run the jobs of one database only, so"
					+ " that jobs that are dispatched in another database would never run.",
					"If each of them is the database of a tenant, define a bean of type TenantContext, so that this node"
							+ " runs the jobs of all of them. If all of them lead to the same database and role, or if"
							+ " other nodes run the jobs of the other databases, set " + ALLOWED + "=true.");
		}
	}

	/**
	 * Requires a {@code DataSource} that routes to the databases of tenants.
	 * @param dataSource the {@code DataSource} of the application, which may be a proxy
	 * @throws PgDispatchConfigurationException if it does not route
	 */
	static AbstractRoutingDataSource require(DataSource dataSource) {
		AbstractRoutingDataSource routing = find(dataSource);
		if (routing == null) {
			throw new PgDispatchConfigurationException(
					"There is a bean of type TenantContext, and the DataSource that pg-dispatch uses, "
							+ dataSource.getClass().getName() + ", is no AbstractRoutingDataSource.",
					"Remove that bean, or mark the DataSource that routes to the databases of the tenants with"
							+ " @PgDispatchDataSource.");
		}
		return routing;
	}

	/**
	 * Returns whether a {@code DataSource} routes. Proxies answer for their target.
	 */
	static boolean isRouting(DataSource dataSource) {
		return find(dataSource) != null;
	}

	private static @Nullable AbstractRoutingDataSource find(DataSource dataSource) {
		if (dataSource instanceof AbstractRoutingDataSource routing) {
			return routing;
		}
		try {
			return dataSource.isWrapperFor(AbstractRoutingDataSource.class)
					? dataSource.unwrap(AbstractRoutingDataSource.class) : null;
		}
		catch (SQLException | RuntimeException ex) {
			return null;
		}
	}

}
