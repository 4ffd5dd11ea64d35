package io.github.pgdispatch.samples.migrating.jobrunr;

import java.time.Duration;
import java.time.Instant;

import io.github.pgdispatch.samples.migrating.Mailer;
import org.jobrunr.scheduling.JobScheduler;

import org.springframework.transaction.annotation.Transactional;

/**
 * Before.
 */
class Profiles {

	private final JobScheduler jobScheduler;

	private final Mailer mailer;

	Profiles(JobScheduler jobScheduler, Mailer mailer) {
		this.jobScheduler = jobScheduler;
		this.mailer = mailer;
	}

	@Transactional
	public void signUp(long profileId) {
		this.jobScheduler.enqueue(() -> this.mailer.welcome(profileId));
	}

	@Transactional
	public void signUpWithDelay(long profileId) {
		this.jobScheduler.schedule(Instant.now().plus(Duration.ofDays(3)), () -> this.mailer.welcome(profileId));
	}

	public void scheduleReport() {
		this.jobScheduler.scheduleRecurrently("report", "0 6 * * *", () -> this.mailer.report());
	}

}
