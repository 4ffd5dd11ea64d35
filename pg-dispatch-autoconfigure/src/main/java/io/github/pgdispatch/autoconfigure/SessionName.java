package io.github.pgdispatch.autoconfigure;

import java.util.Properties;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.util.DriverDataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * The {@code application_name} of the sessions of a pool: that of the application, with a
 * suffix. It is a parameter of the connection, because a job may reset what is set later.
 */
final class SessionName {

	private static final String SUFFIX = " (pg-dispatch)";

	/**
	 * The length to which PostgreSQL cuts a name.
	 */
	private static final int MAX_LENGTH = 63;

	private SessionName() {
	}

	/**
	 * Sets the name, unless the connections are not made by the URL of PostgreSQL's
	 * driver.
	 */
	static void apply(HikariConfig config) {
		String url = config.getJdbcUrl();
		String name = (url != null && config.getDataSource() == null) ? of(url, config.getDataSourceProperties())
				: null;
		if (url != null && name != null) {
			// The properties of the pool are those of the application's pool.
			Properties properties = new Properties();
			properties.putAll(config.getDataSourceProperties());
			properties.setProperty(PGProperty.APPLICATION_NAME.getName(), name);
			// Otherwise, the driver would set the name after it has connected.
			properties.putIfAbsent(PGProperty.ASSUME_MIN_SERVER_VERSION.getName(), "9.0");
			config.setDataSource(
					new DriverDataSource(withoutName(url), config.getDriverClassName(), properties, null, null));
		}
	}

	private static @Nullable String of(String url, Properties properties) {
		Properties all = Driver.parseURL(url, properties);
		String name = (all != null) ? PGProperty.APPLICATION_NAME.getOrDefault(all) : null;
		return (name != null) ? name.substring(0, Math.min(name.length(), MAX_LENGTH - SUFFIX.length())) + SUFFIX
				: null;
	}

	/**
	 * What is in the URL takes precedence.
	 */
	private static String withoutName(String url) {
		String parameter = PGProperty.APPLICATION_NAME.getName() + "=[^&]*";
		return url.replaceAll("([?&])" + parameter + "&", "$1").replaceAll("[?&]" + parameter + "$", "");
	}

}
