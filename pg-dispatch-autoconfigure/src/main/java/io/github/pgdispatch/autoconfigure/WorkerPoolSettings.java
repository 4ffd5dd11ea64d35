package io.github.pgdispatch.autoconfigure;

import java.util.function.Supplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariConfigMXBean;
import com.zaxxer.hikari.HikariCredentialsProvider;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.boot.jdbc.DatabaseDriver;

/**
 * Derives the settings of the pool of the workers from those of the application: the same
 * database and the same user, whose credentials may change at run time, as far as the
 * workers have no login of their own.
 */
final class WorkerPoolSettings {

	private static final OneLineLog logger = OneLineLog.of(WorkerPoolSettings.class);

	/**
	 * A system property of HikariCP, with which a pool uses its own getters instead of
	 * its credentials.
	 */
	private static final String USE_GETTERS = "com.zaxxer.hikari.legacy.supportUserPassDataSourceOverride";

	/**
	 * The timeout of a statement does not suit the executor, which is one statement that
	 * runs many jobs.
	 */
	private static final String NO_TIMEOUT = "SET statement_timeout = 0";

	private static final String POSTGRESQL = "jdbc:postgresql:";

	/**
	 * The minimum that the pool accepts.
	 */
	private static final long IDLE_MILLIS = 10_000;

	/**
	 * Short, because only the shutdown of the application waits for such a connection.
	 */
	private static final long CONNECTION_MILLIS = 5_000;

	private WorkerPoolSettings() {
	}

	/**
	 * Derives settings.
	 * @param application the {@code DataSource} of the application
	 * @param login what the workers have of their own
	 * @param size the maximum number of connections
	 * @return the settings, or {@code null} if those of the application cannot be
	 * determined
	 */
	static @Nullable HikariConfig derive(DataSource application, WorkerLogin login, int size) {
		HikariConfig config = config(application, login);
		if (config == null) {
			return null;
		}
		config.setPoolName("pg-dispatch");
		config.setMaximumPoolSize(size);
		config.setMinimumIdle(0);
		config.setIdleTimeout(IDLE_MILLIS);
		config.setConnectionTimeout(CONNECTION_MILLIS);
		config.setInitializationFailTimeout(-1);
		config.setLeakDetectionThreshold(0);
		config.setAutoCommit(true);
		config.setReadOnly(false);
		config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
		config.setSchema(null);
		config.setConnectionInitSql(NO_TIMEOUT);
		if (config.getJdbcUrl() != null && config.getJdbcUrl().startsWith(POSTGRESQL)) {
			// A job may take hours, in which nothing is sent. Without this, nobody would
			// learn that a firewall has forgotten the connection.
			config.addDataSourceProperty("tcpKeepAlive", "true");
		}
		return config;
	}

	private static @Nullable HikariConfig config(DataSource application, WorkerLogin login) {
		HikariDataSource pool = DataSourceUnwrapper.unwrap(application, HikariConfigMXBean.class,
				HikariDataSource.class);
		if (pool != null) {
			return copy(pool, login, () -> credentials(pool));
		}
		try (HikariDataSource derived = derive(application)) {
			return copy(derived, login, () -> {
				try (HikariDataSource current = derive(application)) {
					return credentials(current);
				}
			});
		}
		catch (RuntimeException ex) {
			logger.debug("Another DataSource cannot be derived from this one", ex);
			return null;
		}
	}

	private static HikariDataSource derive(DataSource application) {
		return DataSourceBuilder.derivedFrom(application).type(HikariDataSource.class).build();
	}

	private static HikariConfig copy(HikariDataSource pool, WorkerLogin login, Supplier<Credentials> credentials) {
		HikariConfig config = new HikariConfig();
		pool.copyStateTo(config);
		if (login.url() != null) {
			redirect(config, login.url());
		}
		config.setCredentialsProvider(() -> login.over(credentials.get()));
		SessionName.apply(config);
		return config;
	}

	/**
	 * Replaces whatever the pool of the application connects by.
	 */
	private static void redirect(HikariConfig config, String url) {
		config.setDataSource(null);
		config.setDataSourceJNDI(null);
		config.setDataSourceClassName(null);
		config.setDriverClassName(DatabaseDriver.fromJdbcUrl(url).getDriverClassName());
		config.setJdbcUrl(url);
	}

	/**
	 * Returns the credentials with which a pool would open a connection now.
	 */
	private static Credentials credentials(HikariDataSource pool) {
		HikariCredentialsProvider provider = pool.getCredentialsProvider();
		if (provider != null) {
			return provider.getCredentials();
		}
		return Boolean.getBoolean(USE_GETTERS) ? Credentials.of(pool.getUsername(), pool.getPassword())
				: pool.getCredentials();
	}

}
