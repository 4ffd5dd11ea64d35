package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.PgDispatchConfigurationException;

import org.springframework.boot.SpringBootVersion;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;

/**
 * Refuses applications with Spring Boot 3 before they read the auto-configurations, which
 * would fail with errors that do not tell the cause. Uses only what Spring Boot 3 has as
 * well.
 */
final class SpringBootVersionCheck implements ApplicationContextInitializer<ConfigurableApplicationContext>, Ordered {

	private static final int OLDEST = 4;

	private final String version;

	SpringBootVersionCheck() {
		this(SpringBootVersion.getVersion());
	}

	SpringBootVersionCheck(String version) {
		this.version = version;
	}

	@Override
	public void initialize(ConfigurableApplicationContext context) {
		if (Integer.parseInt(this.version.substring(0, this.version.indexOf('.'))) < OLDEST) {
			throw new PgDispatchConfigurationException("pg-dispatch needs Spring Boot " + OLDEST
					+ ", and this application has Spring Boot " + this.version + ".",
					"Upgrade the application to Spring Boot " + OLDEST + ".");
		}
	}

	@Override
	public int getOrder() {
		return HIGHEST_PRECEDENCE;
	}

}
