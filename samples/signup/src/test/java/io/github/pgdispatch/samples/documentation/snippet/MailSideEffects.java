package io.github.pgdispatch.samples.documentation.snippet;

import java.time.Duration;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.RetryAfterException;
import io.github.pgdispatch.samples.documentation.snippet.Services.MailService;
import io.github.pgdispatch.samples.documentation.snippet.Services.Mailer;
import io.github.pgdispatch.samples.documentation.snippet.Services.SearchIndex;

import org.springframework.stereotype.Component;

@Component
class MailSideEffects {

	private final Mailer mailer = new Mailer();

	private final MailService mailService = new MailService();

	private final SearchIndex searchIndex = new SearchIndex();

	@AfterCommitDispatch
	void welcome(long profileId) {
		this.mailer.welcome(profileId);
	}

	@AfterCommitDispatch
	void welcomeOnce(long profileId, DispatchContext context) {
		this.mailService.send(profileId, "Welcome!", "job " + context.jobId());
	}

	@AfterCommitDispatch(maxAttempts = 5, backOff = "10s", backOffMultiplier = "3", maxBackOff = "1h",
			noRetryOn = UnknownRecipientException.class)
	void remindByMail(long profileId) {
		this.mailer.welcome(profileId);
	}

	@AfterCommitDispatch
	void index(long profileId) {
		if (this.searchIndex.isBusy()) {
			throw new RetryAfterException(Duration.ofMinutes(2), "The search index is busy");
		}
		this.searchIndex.add(profileId);
	}

	@AfterCommitDispatch(breakAfter = 5, breakFor = "30s")
	void sendInvoice(long profileId) {
		this.mailer.welcome(profileId);
	}

	@AfterCommitDispatch(queue = "mail")
	void sendNewsletter(long profileId) {
		this.mailer.welcome(profileId);
	}

	@AfterCommitDispatch(priority = 30)
	void resetPassword(long profileId) {
		this.mailer.welcome(profileId);
	}

}
