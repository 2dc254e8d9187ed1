"""What each notebook must find, and the wrong answers that its checks must recognise.

One module for each notebook, named after its source, with

- ``check(results)``: asserts ranges of what the notebook recorded in the smoke profile;
- ``WRONG``: for each exercise, by the name that its check prints, at least two wrong answers that
  students really give: the text that stands in the solution's place, and words of the explanation
  that the check must give.
"""
