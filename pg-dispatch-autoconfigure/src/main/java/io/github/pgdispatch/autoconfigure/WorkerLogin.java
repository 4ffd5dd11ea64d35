package io.github.pgdispatch.autoconfigure;

import com.zaxxer.hikari.util.Credentials;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * How workers connect, as far as they do not connect as the application does.
 *
 * @param url of the database, or {@code null} for that of the application
 * @param username of the workers, or {@code null} for that of the application
 * @param password of the workers, or {@code null} for that of the application
 */
record WorkerLogin(@Nullable String url, @Nullable String username, @Nullable String password) {

	/**
	 * The login of the application.
	 */
	static final WorkerLogin SAME = new WorkerLogin(null, null, null);

	WorkerLogin {
		// An environment variable that is empty is the usual way to have none.
		url = StringUtils.hasText(url) ? url : null;
		username = StringUtils.hasText(username) ? username : null;
		password = StringUtils.hasLength(password) ? password : null;
	}

	static WorkerLogin of(DatabaseProperties properties) {
		DatabaseProperties.Worker.Datasource datasource = properties.worker().datasource();
		return new WorkerLogin(datasource.url(), datasource.username(), datasource.password());
	}

	boolean isSame() {
		return this.url == null && this.username == null && this.password == null;
	}

	/**
	 * Returns the credentials of the workers.
	 * @param application the credentials that the application has at present
	 */
	Credentials over(Credentials application) {
		return Credentials.of((this.username != null) ? this.username : application.getUsername(),
				(this.password != null) ? this.password : application.getPassword());
	}

}
