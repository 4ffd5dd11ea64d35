package io.github.pgdispatch.schema;

import io.github.pgdispatch.PgDispatchConfigurationException;
import liquibase.Scope;
import liquibase.UpdateSummaryEnum;
import liquibase.UpdateSummaryOutputEnum;
import liquibase.integration.spring.SpringLiquibase;
import liquibase.ui.UIServiceEnum;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ResourceLoader;
import org.springframework.dao.DataAccessException;
import org.springframework.util.ClassUtils;

/**
 * Lets Liquibase run the scripts. It keeps its tables in the schema {@code pgdispatch},
 * apart from those of the application.
 */
final class LiquibaseSchemaInstaller implements SchemaInstaller {

	private static final String LOG_TABLE = "databasechangelog";

	private static final String LOCK_TABLE = "databasechangeloglock";

	/**
	 * The script that follows keeps Citus from copying, too, but comes after this.
	 */
	private static final String CREATE_SCHEMA = """
			SELECT pg_catalog.set_config('citus.enable_ddl_propagation', 'off', true)
			  FROM pg_catalog.pg_extension AS e
			 WHERE e.extname OPERATOR(pg_catalog.=) 'citus';
			CREATE SCHEMA pgdispatch""";

	private final SchemaScripts scripts;

	private final ResourceLoader resourceLoader;

	LiquibaseSchemaInstaller(SchemaScripts scripts, ResourceLoader resourceLoader) {
		this.scripts = scripts;
		this.resourceLoader = resourceLoader;
	}

	@Override
	public void underLock(SchemaDatabase database, Runnable action) {
		requireLiquibase();
		SchemaLock lock = new SchemaLock(database);
		// The session's and not a transaction's, as Liquibase commits after each change.
		lock.takeForSession();
		try {
			action.run();
		}
		catch (RuntimeException ex) {
			try {
				lock.release();
			}
			catch (DataAccessException unlockFailure) {
				ex.addSuppressed(unlockFailure);
			}
			throw ex;
		}
		lock.release();
	}

	private void requireLiquibase() {
		if (!ClassUtils.isPresent("liquibase.integration.spring.SpringLiquibase",
				this.resourceLoader.getClassLoader())) {
			throw new PgDispatchConfigurationException(
					"The schema pgdispatch is to be installed by Liquibase, but Liquibase is not on the class path.",
					"Add org.liquibase:liquibase-core, or set pgdispatch.schema.mode to jdbc.");
		}
	}

	@Override
	public void install(SchemaDatabase database, boolean schemaExists, @Nullable SchemaVersion version) {
		if (!schemaExists) {
			database.execute(CREATE_SCHEMA);
		}
		releaseLockOfKilledNode(database);
		try {
			Scope.child(Scope.Attr.logService, new QuietLogService(), liquibase(database)::afterPropertiesSet);
		}
		catch (Exception ex) {
			throw new IllegalStateException("Liquibase failed to install the schema pgdispatch", ex);
		}
	}

	// Nobody else holds Liquibase's own lock, for they would have to hold ours.
	private void releaseLockOfKilledNode(SchemaDatabase database) {
		database.execute("""
				DO $$
				BEGIN
					IF pg_catalog.to_regclass('pgdispatch.%1$s') IS NOT NULL THEN
						DELETE FROM pgdispatch.%1$s;
					END IF;
				END
				$$""".formatted(LOCK_TABLE));
	}

	private SpringLiquibase liquibase(SchemaDatabase database) {
		SpringLiquibase liquibase = new SpringLiquibase();
		liquibase.setResourceLoader(this.resourceLoader);
		liquibase.setDataSource(database.dataSource());
		liquibase.setChangeLog(this.scripts.changelog());
		liquibase.setLiquibaseSchema("pgdispatch");
		liquibase.setDatabaseChangeLogTable(LOG_TABLE);
		liquibase.setDatabaseChangeLogLockTable(LOCK_TABLE);
		liquibase.setAnalyticsEnabled(false);
		liquibase.setShowSummary(UpdateSummaryEnum.OFF);
		liquibase.setShowSummaryOutput(UpdateSummaryOutputEnum.LOG);
		liquibase.setUiService(UIServiceEnum.LOGGER);
		return liquibase;
	}

}
