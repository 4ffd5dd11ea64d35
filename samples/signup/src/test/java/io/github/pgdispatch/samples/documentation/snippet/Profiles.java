package io.github.pgdispatch.samples.documentation.snippet;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.BackOff;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;

import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
@Transactional
class Profiles {

	private final PgDispatchTemplate template;

	Profiles(PgDispatchTemplate template) {
		this.template = template;
	}

	void signedUp(Profile profile) {
		this.template.fire("SELECT signup.notify_followers(:id)", Map.of("id", profile.id()));
		this.template.snooze("SELECT signup.remind(:id)", profile, Duration.ofDays(3));
		this.template
			.dispatch(Dispatch.sql("SELECT signup.remind(:id)", profile).maxAttempts(5).key("remind " + profile.id()));
	}

	void signedUp(List<Profile> profiles) {
		this.template.fireAll("SELECT signup.notify_followers(:id)", profiles);
	}

	void rebuilt() {
		this.template.dispatch(Dispatch.sql("VACUUM signup.profile").nonTransactional());
	}

	void charge(long id) {
		this.template.dispatch(Dispatch.sql("SELECT signup.remind(:id)", Map.of("id", id))
			.maxAttempts(5)
			.backOff(new BackOff(Duration.ofSeconds(10), 3, Duration.ofHours(1))));
	}

	void uploaded(long videoId) {
		this.template.fire(Dispatch.handler("video.encode", "{\"videoId\":" + videoId + "}"));
	}

}
