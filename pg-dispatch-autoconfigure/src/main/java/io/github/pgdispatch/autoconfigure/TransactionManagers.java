package io.github.pgdispatch.autoconfigure;

import java.util.Collection;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.TransactionResource;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
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

	private final ObjectProvider<PlatformTransactionManager> candidates;

	private final ListableBeanFactory beanFactory;

	/**
	 * Creates an instance.
	 * @param candidates the transaction managers of the application
	 * @param beanFactory the bean factory that has the beans
	 */
	TransactionManagers(ObjectProvider<PlatformTransactionManager> candidates, ListableBeanFactory beanFactory) {
		this.candidates = candidates;
		this.beanFactory = beanFactory;
	}

	/**
	 * Selects the transaction manager of a {@code DataSource}.
	 * @param dataSource the database that has the schema
	 * @return the only or primary transaction manager that manages connections of the
	 * {@code DataSource}
	 */
	PlatformTransactionManager select(DataSource dataSource) {
		Object resource = TransactionResource.of(dataSource);
		List<PlatformTransactionManager> matching = this.candidates.stream()
			.filter((candidate) -> manages(candidate, resource))
			.toList();
		if (matching.size() == 1) {
			return matching.get(0);
		}
		PlatformTransactionManager primary = this.candidates.getIfUnique();
		if (primary != null && matching.contains(primary)) {
			return primary;
		}
		throw matching.isEmpty() ? none() : several(matching);
	}

	private PgDispatchConfigurationException none() {
		List<PlatformTransactionManager> all = this.candidates.stream().toList();
		return new PgDispatchConfigurationException(
				"No transaction manager manages the DataSource that pg-dispatch uses. " + (all.isEmpty()
						? "There is no transaction manager." : "These manage something else: " + names(all) + "."),
				"Declare a JdbcTransactionManager or JpaTransactionManager for that DataSource, or mark another"
						+ " DataSource with @PgDispatchDataSource.");
	}

	private PgDispatchConfigurationException several(List<PlatformTransactionManager> matching) {
		return new PgDispatchConfigurationException(
				"More than one transaction manager manages the DataSource that pg-dispatch uses: " + names(matching)
						+ ".",
				"Mark the one in whose transactions jobs are dispatched as @Primary.");
	}

	private String names(Collection<PlatformTransactionManager> managers) {
		return String.join(", ",
				BeanFactoryUtils
					.beansOfTypeIncludingAncestors(this.beanFactory, PlatformTransactionManager.class, true, false)
					.entrySet()
					.stream()
					.filter((bean) -> managers.contains(bean.getValue()))
					.map(Map.Entry::getKey)
					.toList());
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
