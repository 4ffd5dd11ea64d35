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
 * Selects the transaction manager whose transactions a dispatch joins.
 */
final class TransactionManagers {

	private static final boolean JPA = ClassUtils.isPresent("org.springframework.orm.jpa.JpaTransactionManager",
			TransactionManagers.class.getClassLoader());

	private TransactionManagers() {
	}

	/**
	 * Selects the transaction manager of a {@code DataSource}.
	 * @param candidates the transaction managers of the application
	 * @param dataSource the database that has the schema
	 * @return the only or primary transaction manager that manages connections of the
	 * {@code DataSource}
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
								+ " another DataSource with @PgDispatchDataSource."
						: "Mark one of them as @Primary.");
	}

	private static boolean manages(PlatformTransactionManager manager, Object resource) {
		if (JPA && manager instanceof JpaTransactionManager jpa) {
			return jpa.getDataSource() == resource;
		}
		// Other managers, such as JTA's, enlist all resources of a transaction.
		return !(manager instanceof ResourceTransactionManager ofOneResource)
				|| ofOneResource.getResourceFactory() == resource;
	}

}
