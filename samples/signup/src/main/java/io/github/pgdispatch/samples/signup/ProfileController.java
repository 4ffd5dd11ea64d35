package io.github.pgdispatch.samples.signup;

import java.util.List;

import jakarta.validation.Valid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.HttpStatus;
import org.springframework.util.StopWatch;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/profiles")
class ProfileController {

	private static final Logger logger = LoggerFactory.getLogger(ProfileController.class);

	/**
	 * How many sign-ups the page shows.
	 */
	private static final int RECENT = 12;

	private final ProfileService profiles;

	private final SideEffectRepository sideEffects;

	ProfileController(ProfileService profiles, SideEffectRepository sideEffects) {
		this.profiles = profiles;
		this.sideEffects = sideEffects;
	}

	@PostMapping
	@ResponseStatus(HttpStatus.CREATED)
	SignedUp signUp(@Valid @RequestBody NewProfile newProfile) {
		StopWatch time = new StopWatch();
		time.start();
		Profile profile = this.profiles.signUp(newProfile);
		time.stop();
		SignedUp answer = new SignedUp(profile.id(), time.getTotalTimeMillis());
		logger.info("Profile {}: {} signed up, answered after {} ms", answer.id(), profile.name(),
				answer.answeredInMillis());
		return answer;
	}

	@GetMapping
	List<RecentSignUp> recentSignUps() {
		return this.sideEffects.findRecentSignUps(RECENT);
	}

	@GetMapping("/{id}/side-effects")
	List<SideEffect> sideEffects(@PathVariable long id) {
		return this.sideEffects.findByProfile(id);
	}

}
