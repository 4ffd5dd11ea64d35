package io.github.pgdispatch.schema;

import java.util.Collection;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgdispatch.log.OneLineLog;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.core.io.ResourceLoader;

/**
 * Installs or upgrades the schema {@code pgdispatch} when the application starts, and
 * grants it to roles.
 *
 * <p>
 * A library works with every schema of its own major version that is not older than
 * itself. An older one is upgraded; a newer major version, one that belongs to an
 * extension and is too old, and a schema of that name that is not ours are left alone and
 * fail. Where nothing is left to do, that is found out by two queries, and nothing is
 * written and no Liquibase needed.
 *
 * <p>
 * The owner of the schema is the role that the {@code DataSource} logs in as. It needs
 * the right to create a schema, unless it already owns an empty one. Any number of nodes
 * may start at once; the others wait for the first. Uses one connection, in transactions
 * of its own.
 *
 * <p>
 * Other beans that use the database wait for a bean of this type, and so do Liquibase and
 * Flyway. An application may declare one itself, for instance with a {@code DataSource}
 * of a role that has more rights than that of the rest:
 *
 * <pre class="code">
 * &#64;Bean
 * SchemaInitializer schemaInitializer(&#64;Qualifier("admin") DataSource dataSource) {
 *     return SchemaInitializer.jdbc(dataSource, List.of("app"));
 * }
 * </pre>
 */
public final class SchemaInitializer implements InitializingBean {

	private static final OneLineLog logger = OneLineLog.of(SchemaInitializer.class);

	private final DataSource dataSource;

	private final List<String> grantTo;

	private final SchemaInstaller installer;

	private final SchemaCheck check;

	private SchemaInitializer(DataSource dataSource, Collection<String> grantTo, SchemaInstaller installer,
			SchemaVersion needed) {
		this.dataSource = dataSource;
		this.grantTo = List.copyOf(grantTo);
		this.installer = installer;
		this.check = new SchemaCheck(needed);
	}

	/**
	 * Creates an initializer that installs with Liquibase, which records its changes in
	 * the schema {@code pgdispatch} itself. Its lock is the session's: a connection
	 * pooler in between has to pool sessions, not transactions.
	 * @param dataSource of the role that is to own the schema
	 * @param grantTo roles that are to use the schema beside its owner
	 * @param resourceLoader by which Liquibase finds the changelog
	 * @return the initializer
	 */
	public static SchemaInitializer liquibase(DataSource dataSource, Collection<String> grantTo,
			ResourceLoader resourceLoader) {
		return liquibase(dataSource, grantTo, resourceLoader, SchemaScripts.ofThisLibrary());
	}

	static SchemaInitializer liquibase(DataSource dataSource, Collection<String> grantTo, ResourceLoader resourceLoader,
			SchemaScripts scripts) {
		return new SchemaInitializer(dataSource, grantTo, new LiquibaseSchemaInstaller(scripts, resourceLoader),
				scripts.newestVersion());
	}

	/**
	 * Creates an initializer that installs by JDBC alone, in one transaction.
	 * @param dataSource of the role that is to own the schema
	 * @param grantTo roles that are to use the schema beside its owner
	 * @return the initializer
	 */
	public static SchemaInitializer jdbc(DataSource dataSource, Collection<String> grantTo) {
		return jdbc(dataSource, grantTo, SchemaScripts.ofThisLibrary());
	}

	static SchemaInitializer jdbc(DataSource dataSource, Collection<String> grantTo, SchemaScripts scripts) {
		return new SchemaInitializer(dataSource, grantTo, new JdbcSchemaInstaller(scripts), scripts.newestVersion());
	}

	/**
	 * Installs, upgrades and grants what is left to.
	 * @throws io.github.pgdispatch.PgDispatchConfigurationException if that is not
	 * possible as things are; it says what to do
	 */
	@Override
	public void afterPropertiesSet() {
		SchemaDatabase.use(this.dataSource, (database) -> {
			SchemaState state = database.inspect(this.grantTo);
			if (!this.check.isSatisfied(state)) {
				this.check.requireChangeable(state);
				this.installer.underLock(database, () -> change(database));
			}
			else if (this.check.isNewer(state)) {
				logger.info("The schema pgdispatch is of version " + state.version() + ", newer than needed");
			}
		});
	}

	private void change(SchemaDatabase database) {
		SchemaState state = database.inspect(this.grantTo);
		this.check.requireChangeable(state);
		if (!this.check.isInstalled(state)) {
			this.installer.install(database, state.exists(), state.version());
			state = database.inspect(this.grantTo);
			logger.info("Installed the schema pgdispatch " + state.version() + " in the database " + state.database());
		}
		if (!state.rolesLackingPrivileges().isEmpty()) {
			database.grantTo(state.rolesLackingPrivileges());
			logger.info("Granted the schema pgdispatch to " + String.join(", ", state.rolesLackingPrivileges()));
			state = database.inspect(this.grantTo);
		}
		this.check.requireSatisfied(state);
	}

}
