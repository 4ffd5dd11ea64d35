package io.github.pgdispatch.samples.signup;

import jakarta.validation.constraints.Email;
import jakarta.validation.constraints.NotBlank;

record NewProfile(@NotBlank String name, @NotBlank @Email String email) {

}
