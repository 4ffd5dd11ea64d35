package io.github.pgdispatch.autoconfigure;

import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.TenantContext;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.core.env.Environment;

/**
 * Selects the {@code DataSource} of a database that pg-dispatch uses, and knows the
 * properties of that database. The {@code DataSource} is one of the marked ones or, if
 * none is marked, the primary or only one. A bean of its own type, because a second
 * {@code DataSource} bean would disturb the application.
 */
final class SelectedDataSource {

	private final @Nullable String database;

	private final DatabaseProperties properties;

	private final Supplier<DataSource> dataSource;

	private final boolean mayRoute;

	// Among several candidates, Spring would take the one named like the parameter.
	@Autowired
	SelectedDataSource(@PgDispatchDataSource ObjectProvider<DataSource> theOnesMarkedForPgDispatch,
			ObjectProvider<DataSource> allThatThereAre, ObjectProvider<TenantContext> tenants,
			Environment environment) {
		this(null, DatabaseProperties.of(environment, null), () -> select(theOnesMarkedForPgDispatch, allThatThereAre),
				mayRoute(environment, tenants));
	}

	private SelectedDataSource(@Nullable String database, DatabaseProperties properties,
			Supplier<DataSource> dataSource, boolean mayRoute) {
		this.database = database;
		this.properties = properties;
		this.dataSource = dataSource;
		this.mayRoute = mayRoute;
	}

	/**
	 * Selects the only marked {@code DataSource}.
	 * @param bean the name of the bean
	 * @param marked the bean
	 * @param tenants whether each of its targets may be the database of a tenant
	 * @param environment has the properties of the application
	 */
	static SelectedDataSource only(String bean, @PgDispatchDataSource ObjectProvider<DataSource> marked,
			ObjectProvider<TenantContext> tenants, Environment environment) {
		return new SelectedDataSource(null, DatabaseProperties.of(environment, bean), marked::getObject,
				mayRoute(environment, tenants));
	}

	/**
	 * Selects one of several marked {@code DataSource}s.
	 * @param database the name of the bean
	 * @param dataSource the bean
	 * @param environment has the properties of the application
	 */
	static SelectedDataSource of(String database, DataSource dataSource, Environment environment) {
		return new SelectedDataSource(database, DatabaseProperties.of(environment, database), () -> dataSource,
				mayRoute(environment));
	}

	/**
	 * Selects the one of several marked {@code DataSource}s that stands for the databases
	 * of tenants.
	 * @param database the name of the bean
	 * @param dataSource the bean
	 * @param environment has the properties of the application
	 */
	static SelectedDataSource ofTenants(String database, DataSource dataSource, Environment environment) {
		return new SelectedDataSource(database, DatabaseProperties.of(environment, database), () -> dataSource, true);
	}

	private static boolean mayRoute(Environment environment, ObjectProvider<TenantContext> tenants) {
		return mayRoute(environment) || tenants.stream().findAny().isPresent();
	}

	private static boolean mayRoute(Environment environment) {
		return environment.getProperty(RoutingDataSources.ALLOWED, Boolean.class, false);
	}

	/**
	 * Returns the name of the database.
	 * @return the name of the bean of the {@code DataSource}, or {@code null} if the
	 * application has only one database
	 */
	@Nullable String database() {
		return this.database;
	}

	/**
	 * Returns the properties of the database.
	 */
	DatabaseProperties properties() {
		return this.properties;
	}

	/**
	 * Returns the selected {@code DataSource}.
	 * @return the {@code DataSource}
	 * @throws PgDispatchConfigurationException if there are several candidates, or if the
	 * {@code DataSource} routes to several others
	 */
	DataSource get() {
		DataSource dataSource = this.dataSource.get();
		if (!this.mayRoute) {
			RoutingDataSources.refuse(dataSource);
		}
		return dataSource;
	}

	private static DataSource select(ObjectProvider<DataSource> marked, ObjectProvider<DataSource> all) {
		try {
			return marked.getIfAvailable(all::getObject);
		}
		catch (NoUniqueBeanDefinitionException ex) {
			String beans = (ex.getBeanNamesFound() != null) ? String.join(", ", ex.getBeanNamesFound())
					: ex.getNumberOfBeansFound() + " of them";
			// Not passed as the cause, which Spring Boot would analyze instead.
			throw new PgDispatchConfigurationException(
					"pg-dispatch cannot tell which DataSource to use, as there are several to choose from: " + beans
							+ ".",
					"Mark those in whose transactions jobs are dispatched with @PgDispatchDataSource, or make the"
							+ " only one of them the primary one.");
		}
	}

}
