package io.github.pgdispatch.samples.signup;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Signs up some profiles when the application has started, one of them in a transaction
 * that rolls back, and sends an invitation, which fails.
 */
@Component
@ConditionalOnBooleanProperty("signup.story")
class FirstVisitors implements ApplicationRunner {

	private static final Logger logger = LoggerFactory.getLogger(FirstVisitors.class);

	/**
	 * Time after which the last reminder has been sent.
	 */
	private static final Duration STORY = Duration.ofSeconds(7);

	private final ProfileController controller;

	private final ProfileService profiles;

	private final Invitations invitations;

	private final TransactionOperations transaction;

	private final JdbcClient jdbc;

	private final TaskScheduler scheduler;

	private final Environment environment;

	FirstVisitors(ProfileController controller, ProfileService profiles, Invitations invitations,
			TransactionOperations transaction, JdbcClient jdbc, TaskScheduler scheduler, Environment environment) {
		this.controller = controller;
		this.profiles = profiles;
		this.invitations = invitations;
		this.transaction = transaction;
		this.jdbc = jdbc;
		this.scheduler = scheduler;
		this.environment = environment;
	}

	@Override
	public void run(ApplicationArguments args) {
		List.of("Ada", "Barbara", "Grace").forEach((name) -> this.controller.signUp(visitor(name)));
		long id = signUpInVain(visitor("Mallory"));
		logger
			.info("An invitation is sent. It fails on purpose, so that there is a job to be retried on the dashboard");
		this.transaction.executeWithoutResult((status) -> this.invitations.invite("hedy@example.com"));
		this.scheduler.schedule(() -> conclude(id), this.scheduler.getClock().instant().plus(STORY));
	}

	private static NewProfile visitor(String name) {
		return new NewProfile(name, name.toLowerCase(Locale.ROOT) + "@example.com");
	}

	private long signUpInVain(NewProfile visitor) {
		Profile profile = this.transaction.execute((status) -> {
			status.setRollbackOnly();
			return this.profiles.signUp(visitor);
		});
		logger.info("Profile {}: {} signed up, but the transaction was rolled back", profile.id(), profile.name());
		return profile.id();
	}

	private void conclude(long rolledBack) {
		Map<String, Object> left = this.jdbc.sql("""
				SELECT
					(SELECT count(*) FROM signup.profile WHERE id = :id) AS profiles,
					(SELECT count(*) FROM pgdispatch.job WHERE command ~ ('\\m' || :id || '\\M')) +
					(SELECT count(*) FROM pgdispatch.handler_job WHERE arguments ->> 'profileId' = :id::text) AS jobs,
					(SELECT count(*) FROM signup.side_effect WHERE profile_id = :id) AS side_effects""")
			.param("id", rolledBack)
			.query()
			.singleRow();
		logger.info("Profile {}: the rollback left {} profiles, {} jobs and {} side effects", rolledBack,
				left.get("profiles"), left.get("jobs"), left.get("side_effects"));
		String port = this.environment.getProperty("local.server.port");
		logger.info("Open http://localhost:{}/ and sign up yourself", port);
		logger.info("Open http://localhost:{}/actuator/pgdispatch/ui and retry the invitation that has failed", port);
		logger.info("Stop with Ctrl-C");
	}

}
