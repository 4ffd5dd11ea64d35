package io.github.pgdispatch.autoconfigure;

import java.util.List;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.TransactionResource;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.util.ClassUtils;

/**
 * Finds the transaction manager whose transactions a dispatch joins.
 */
final class TransactionManagers {

	private static final boolean JPA = ClassUtils.isPresent("org.springframework.orm.jpa.JpaTransactionManager",
			TransactionManagers.class.getClassLoader());

	private TransactionManagers() {
	}

	/**
	 * Finds the one that manages the connections of a {@code DataSource}.
	 * @param candidates the application's
	 * @param dataSource of the database that has the schema
	 * @return the only one, or the primary one
	 */
	static PlatformTransactionManager select(ObjectProvider<PlatformTransactionManager> candidates,
			DataSource dataSource) {
		Object resource = TransactionResource.of(dataSource);
		List<PlatformTransactionManager> matching = candidates.stream()
			.filter((candidate) -> manages(candidate, resource))
			.toList();
		if (matching.size() == 1) {
			return matching.get(0);
		}
		PlatformTransactionManager primary = candidates.getIfUnique();
		if (primary != null && matching.contains(primary)) {
			return primary;
		}
		throw new PgDispatchConfigurationException(
				(matching.isEmpty() ? "No" : "More than one")
						+ " transaction manager manages the DataSource that pg-dispatch uses.",
				matching.isEmpty()
						? "Declare a JdbcTransactionManager or JpaTransactionManager for that DataSource, or mark"
								+ " the DataSource that is to be used with @PgDispatchDataSource."
						: "Mark one of them as @Primary, or declare a PgDispatchTemplate with the one that fits.");
	}

	private static boolean manages(PlatformTransactionManager manager, Object resource) {
		if (JPA && manager instanceof JpaTransactionManager jpa) {
			return jpa.getDataSource() == resource;
		}
		// Others, such as JTA's, enlist whatever takes part in their transaction.
		return !(manager instanceof ResourceTransactionManager ofOneResource)
				|| ofOneResource.getResourceFactory() == resource;
	}

}
